// Settings of everything that runs a model, to be spread into a program's own settings.

import Type from 'typebox';
import { DEFAULT_BUNDLE } from './bundle.ts';
import { engineNames } from './engines/engine.ts';

export const modelSettings = {
  MODEL: Type.String({
    default: DEFAULT_BUNDLE,
    description: 'Model bundle: a folder, or the name of one in models/',
  }),
  ENGINE: Type.Enum(engineNames, {
    default: 'onnx',
    description: 'onnx is several times as fast; tfjs needs npm run setup:tensorflow once',
  }),
  INFERENCE_THREADS: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: 64,
      description:
        'Threads of one inference; more than the free cores slows everything down. Unset: chosen by stage and cores',
    }),
  ),
};
