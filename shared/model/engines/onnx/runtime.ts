// ONNX Runtime without its telemetry, which writes files below the user's home, asks a name server for its events host, and
// ends the process when the command line is longer than some 20 kB. It is read when the library loads, so this comes first.
import { createRequire } from 'node:module';

process.env.ORT_DISABLE_TELEMETRY = '1';

const require = createRequire(import.meta.url);
export const { InferenceSession, Tensor } =
  require('onnxruntime-node') as typeof import('onnxruntime-node');
