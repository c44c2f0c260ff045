// The API's process.
import { guardRedis } from '@caption-queue/redis/check/guard';
import { packageRoot, packageVersion } from '@caption-queue/runtime/package-root';
import { EXIT_NEVER, runProcess } from '@caption-queue/runtime/process';
import { buildApp } from './app.ts';
import { startBackgroundWork } from './background.ts';
import { createDependencies } from './dependencies.ts';
import { type ApiSettings, loadApiSettings } from './settings.ts';

await runProcess({
  name: 'api',
  version: packageVersion(import.meta.url),
  settings: loadApiSettings,
  async start({ end, ...context }) {
    const { settings, lifecycle, logger } = context;
    const guard = await guardRedis({ ...context, end });
    if (lifecycle.stopping) return;
    const dependencies = await createDependencies({
      ...context,
      guard,
      root: packageRoot(import.meta.url),
    });
    void guard.usable.then(() => {
      if (lifecycle.stopping) return;
      startBackgroundWork({ dependencies, lifecycle, answersInfo: guard.answersInfo() });
    });
    const app = await buildApp(dependencies);
    lifecycle.onShutdown('http', () => app.close());
    try {
      const address = await app.listen({ host: settings.HOST, port: settings.PORT });
      logger.info({ address }, 'listening');
    } catch (error) {
      console.error(whyNotListening(error as NodeJS.ErrnoException, settings));
      await end('cannot listen', EXIT_NEVER);
    }
  },
});

function whyNotListening(error: NodeJS.ErrnoException, { HOST, PORT }: ApiSettings): string {
  switch (error.code) {
    case 'EADDRINUSE':
      return `Port ${PORT} on ${HOST} is taken by another program. Choose another one with PORT, e.g. PORT=${PORT + 1}.`;
    case 'EACCES':
      return `Port ${PORT} needs privileges that this process lacks. Choose one above 1023 with PORT.`;
    case 'EADDRNOTAVAIL':
      return `HOST=${HOST} is not an address of this machine.`;
    default:
      return `The service cannot listen on ${HOST}:${PORT}: ${error.message}.`;
  }
}
