// Which engines can run here. TensorFlow needs a native addon that not every machine has.
import { type EngineName, engineNames } from '@caption-queue/model/engines/engine';
import { loadTensorFlow } from '@caption-queue/model/engines/tfjs/tensorflow';

/** With CI set every engine must be there; elsewhere a missing one is skipped, loudly. */
export function availableEngines(): EngineName[] {
  return engineNames.filter((name) => name !== 'tfjs' || hasTensorFlow());
}

export function hasTensorFlow(): boolean {
  try {
    loadTensorFlow();
    return true;
  } catch (error) {
    if (process.env.CI) throw error;
    console.warn(`SKIPPED: tests that need TensorFlow. ${(error as Error).message}`);
    return false;
  }
}
