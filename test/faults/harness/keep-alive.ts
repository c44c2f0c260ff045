// Starts processes again when they die, as a supervisor does.
import type { ServiceProcess } from '../../support/processes/service-process.ts';

export interface Supervisor {
  /** How often each of them died. */
  readonly deaths: ReadonlyMap<ServiceProcess, number>;
  /** From now on they stay dead. */
  stop(): void;
}

export function keepAlive(services: readonly ServiceProcess[]): Supervisor {
  const deaths = new Map<ServiceProcess, number>();
  let stopped = false;
  async function watch(service: ServiceProcess): Promise<void> {
    for (;;) {
      await service.ended();
      if (stopped) return;
      deaths.set(service, (deaths.get(service) ?? 0) + 1);
      // One that dies again before it is ready is started again in the next round.
      await service.restart().catch(() => undefined);
    }
  }
  for (const service of services) void watch(service);
  return {
    deaths,
    stop() {
      stopped = true;
    },
  };
}
