// TensorFlow.js types under short names. The library itself is loaded in shared/model/engines/tfjs only, and passed in.
import type * as tfjs from '@tensorflow/tfjs-node';

export type { TensorFlow } from '@caption-queue/model/engines/tfjs/tensorflow';

export type Tensor = tfjs.Tensor;
export type Variable = tfjs.Variable;
