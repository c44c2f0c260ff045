// Orderly shutdown.
import { createLifecycle } from '@caption-queue/runtime/lifecycle';
import { createLogger } from '@caption-queue/runtime/logger';
import { describe, expect, it } from 'vitest';

const logger = createLogger({ name: 'test', level: 'silent' });

describe('shutdown', () => {
  it('stops last what was started first, once', async () => {
    const lifecycle = createLifecycle({ logger });
    const stopped: string[] = [];
    lifecycle.onShutdown('redis', () => void stopped.push('redis'));
    lifecycle.onShutdown('worker', async () => {
      await Promise.resolve();
      stopped.push('worker');
    });
    expect(lifecycle.stopping).toBe(false);
    await Promise.all([lifecycle.shutdown('SIGTERM'), lifecycle.shutdown('SIGINT')]);
    expect(stopped).toEqual(['worker', 'redis']);
    expect(lifecycle.stopping).toBe(true);
  });

  it('goes on after a handler that fails, and after one that hangs', async () => {
    const lifecycle = createLifecycle({ logger, timeoutMs: 50 });
    const stopped: string[] = [];
    lifecycle.onShutdown('first', () => void stopped.push('first'));
    lifecycle.onShutdown('hanging', () => new Promise(() => undefined));
    lifecycle.onShutdown('failing', () => {
      throw new Error('broken');
    });
    await lifecycle.shutdown('test');
    expect(stopped).toEqual(['first']);
  });
});
