// `memwatch/playwright`: leaks of pages in Chromium, for tests with Playwright or Puppeteer. Sizes are bytes.

/**
 * Repeats an action on a page and rejects with a {@link PageLeakError} when objects stay behind with each of them.
 *
 * The action is done `warmUpActions` times, then twice `actions` times, with a heap snapshot before, between and after,
 * each after full collections. A class leaks when at least one object more of it is alive for each action in both
 * halves, and the page's own code holds them: entries of the browser's performance timeline do not count. An action
 * has to undo what it does (open and close); a cache counts as a leak until it is full, so warm it up.
 *
 * Only the page's main process is measured: no worker, and no frame of another site. The page stops while a snapshot
 * is taken. Snapshots are removed afterwards.
 *
 * What the action throws is thrown on. A page that crashes, closes, changes its process or is not Chromium's rejects
 * with `ERR_MEMWATCH_PAGE`; an invalid argument throws `ERR_MEMWATCH_USAGE` (TypeError).
 */
export function expectNoLeak(
  page: LeakTestPage,
  action: () => unknown,
  options?: ExpectNoLeakOptions,
): Promise<NoPageLeakReport>;

/** A page of Playwright or of Puppeteer, as far as it is used. */
export type LeakTestPage = PlaywrightPage | PuppeteerPage;

/** Of Playwright. */
export interface PlaywrightPage {
  context(): { newCDPSession(page: any): Promise<any> };
}

/** Of Puppeteer. */
export interface PuppeteerPage {
  createCDPSession(): Promise<any>;
}

export interface ExpectNoLeakOptions {
  /** Actions between two snapshots, at least 2. Default 7. */
  actions?: number;
  /** Actions before the first snapshot. Default 3. */
  warmUpActions?: number;
  /** The name of the action in the message. Default: the function's name. */
  name?: string;
}

/** The result for an action that does not leak. */
export interface NoPageLeakReport {
  /**
   * `unclear`: the memory of the page's objects grew in both halves by more than 4 KiB an action, but no class by one
   * object an action: one object that grows, or few large ones.
   */
  result: 'clear' | 'unclear';
  /** Actions that were measured, those of the warm-up not among them. */
  actions: number;
  /** By how much the page's objects grew with each of them, in the second half. */
  bytesPerAction: number;
}

/** An action leaves objects behind each time. The message contains everything; the fields are for programs. */
export class PageLeakError extends Error {
  name: 'PageLeakError';
  code: 'ERR_MEMWATCH_LEAK';
  /** The address of its documentation. */
  help: string;
  /** Actions that were measured. */
  actions: number;
  bytesPerAction: number;
  /** The classes that grew, the most informative first: the page's own, elements without a document, others. */
  classes: LeakedPageClass[];
}

/** Objects of a class that stay behind. */
export interface LeakedPageClass {
  /** `Dialog`, `Detached <div class="dialog">`, `measure()`. */
  class: string;
  /** How many more are alive, of all that were measured. */
  count: number;
  /** Bytes more that they retain. */
  retainedBytes: number;
  /** Where the class, or the function, is defined; `null` for the browser's. */
  file: string | null;
  line: number | null;
  /** The path from the window to one of them. */
  path: string;
  /** The first reference on it that is another one for each action: what is before it is one object for all. */
  cut: string;
}
