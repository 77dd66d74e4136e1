// `memwatch/compat`: the settings of memwatch-ng. And the types that the declarations of older packages had,
// for programs that were written for these: @types/memwatch-next, @types/airbnb__node-memwatch and
// @types/node-memwatch. index.d.ts exports these types as well.

import { HeapChange, HeapChangeDetails, HeapSide, LeakInformation, StatsInformation } from './index';

/** A listener for any event of memwatch. */
export type EventCallback = (data: LeakInformation | StatsInformation | Object) => void;

/** {@link HeapSide} without `time`. */
export type HeapInfo = Omit<HeapSide, 'time'>;

/** {@link HeapDiffReport} without `time`. */
export interface HeapDiffResult {
  before: HeapInfo;
  after: HeapInfo;
  change: HeapChange;
}

/** {@link HeapDiffReport} without `time`. */
export type HeapDiffInformation = HeapDiffResult;

/** {@link HeapSide} without `time`. */
export type HeapDiffSnapshot = HeapInfo;

/** {@link HeapChange}. */
export type HeapDiffChange = HeapChange;

/** {@link HeapChangeDetails}. */
export type HeapDiffDetail = HeapChangeDetails;

/** The settings of memwatch-ng. memwatch has them as its own methods, too. */
export interface MemwatchNgSettings {
  /** How many full collections in a row must grow for a `leak`. Default 5. */
  get_consecutive_growth_limit(): number;

  /**
   * Sets how many full collections in a row must grow for a `leak`, from the next collection on.
   * @param collections A whole number; below 1 it is 1. Anything but a number is ignored.
   */
  set_consecutive_growth_limit(collections: number): void;

  /** How many full collections `estimated_base` averages over. Default 10. */
  get_recent_period(): number;

  /**
   * Sets how many full collections `estimated_base` averages over.
   * @param collections A whole number; below 1 it is 1. Anything but a number is ignored.
   */
  set_recent_period(collections: number): void;

  /** How many full collections the long average behind `usage_trend` covers. Default 120. */
  get_ancient_period(): number;

  /**
   * Sets how many full collections the long average behind `usage_trend` covers.
   * @param collections A whole number; below 1 it is 1. Anything but a number is ignored.
   */
  set_ancient_period(collections: number): void;

  /** The full collection from which on `min` and `max` are kept. Default 3. */
  get_extremes_period(): number;

  /**
   * Sets the full collection from which on `min` and `max` are kept.
   * @param collections A whole number; below 1 it is 1. Anything but a number is ignored.
   */
  set_extremes_period(collections: number): void;
}

export const get_consecutive_growth_limit: MemwatchNgSettings['get_consecutive_growth_limit'];
export const set_consecutive_growth_limit: MemwatchNgSettings['set_consecutive_growth_limit'];
export const get_recent_period: MemwatchNgSettings['get_recent_period'];
export const set_recent_period: MemwatchNgSettings['set_recent_period'];
export const get_ancient_period: MemwatchNgSettings['get_ancient_period'];
export const set_ancient_period: MemwatchNgSettings['set_ancient_period'];
export const get_extremes_period: MemwatchNgSettings['get_extremes_period'];
export const set_extremes_period: MemwatchNgSettings['set_extremes_period'];
