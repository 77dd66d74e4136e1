// The metrics as programs use them: with prom-client's registry and OpenTelemetry's own
// providers, which must fit. Only compiled, never run.

import memwatch = require('memwatch');
import { subscribe } from 'node:diagnostics_channel';
import { Registry, register } from 'prom-client';
import { logs } from '@opentelemetry/api-logs';
import { metrics } from '@opentelemetry/api';
import { MeterProvider } from '@opentelemetry/sdk-metrics';

const text: string = memwatch.metrics();
memwatch.metrics({ labels: { version: '1.2.3' } }).toUpperCase();
memwatch.register(register);
memwatch.register(new Registry());

const instrumentation: memwatch.Instrumentation = memwatch.instrument({
  meterProvider: metrics.getMeterProvider(),
  loggerProvider: logs.getLoggerProvider(),
});
instrumentation.stop();
memwatch.instrument({ meterProvider: new MeterProvider() });

subscribe('memwatch:gc', (message) => {
  const { kind, pauseMs, endedAt } = message as memwatch.CollectionMessage;
  const pause: number = pauseMs + endedAt;
  const isFull: boolean = kind === 'major';
});
