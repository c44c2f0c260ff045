// Chooses the engine by its name (setting ENGINE): the one place that knows them all.
import type { Engine, EngineName, EngineOptions } from './engine.ts';

/** @throws Error with what to do when the engine's native library is not installed */
export async function createEngine(name: EngineName, options: EngineOptions): Promise<Engine> {
  // Imported on demand: the libraries are large, a process uses one, and who only names types here loads neither.
  if (name === 'tfjs') {
    const { createTfjsEngine } = await import('./tfjs/tfjs-engine.ts');
    return createTfjsEngine(options);
  }
  const { createOnnxEngine } = await import('./onnx/onnx-engine.ts');
  return createOnnxEngine(options);
}
