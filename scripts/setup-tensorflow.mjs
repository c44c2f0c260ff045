// `npm run setup:tensorflow`: makes @tensorflow/tfjs-node usable, which training and ENGINE=tfjs need (serving
// does not). Its own installer downloads from a host that is often blocked, so where that does not answer,
// libtensorflow is taken from TensorFlow's Python wheel and the addon is compiled here.
import './lib/node-version.mjs';
import { ensurePackages } from './lib/packages.mjs';
import { Refusal, runCommand, say } from './lib/report.mjs';
import { isUsable, locateAddon, markUsable, wasMarkedUsable } from './lib/tensorflow/addon.mjs';
import { buildFromWheel } from './lib/tensorflow/from-wheel.mjs';
import { runOwnInstaller } from './lib/tensorflow/own-installer.mjs';

await runCommand(async () => {
  await ensurePackages();
  const addon = locateAddon();
  if (wasMarkedUsable(addon)) return;
  if (await isUsable(addon)) {
    markUsable(addon);
    return;
  }
  say('Setting up TensorFlow for training (once; about 200 MB to download, 650 MB on disk).');
  if (process.platform !== 'linux') {
    say(`On ${process.platform} this is untested: only TensorFlow.js's own installer is tried.`);
  }
  const reasons = [];
  for (const attempt of [runOwnInstaller, buildFromWheel]) {
    const reason = await attempt(addon);
    if (reason === undefined && (await isUsable(addon))) {
      markUsable(addon);
      say('TensorFlow is ready.');
      return;
    }
    reasons.push(reason ?? 'It was installed but does not load.');
  }
  throw new Refusal(
    `TensorFlow could not be set up. ${reasons.join(' ')} Serving works without it; only training and ENGINE=tfjs need it.`,
  );
});
