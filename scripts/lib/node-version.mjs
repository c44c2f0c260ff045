// Refuses a Node.js that is too old with one clear line. Written in old syntax, and imported before
// anything else, so that even such a Node.js gets far enough to print it.
import fs from 'node:fs';

const manifest = JSON.parse(
  fs.readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
);
const minimum = manifest.engines.node.replace('>=', '').split('.').map(Number);
const actual = process.versions.node.split('.').map(Number);

if (actual[0] < minimum[0] || (actual[0] === minimum[0] && actual[1] < minimum[1])) {
  console.error(
    'caption-queue needs Node.js ' +
      minimum.join('.') +
      ' or newer; this is ' +
      process.versions.node +
      '. Install a current one from https://nodejs.org and run the command again.',
  );
  process.exit(1);
}
