// Refuses a Node.js that is too old with one clear line. Written in old syntax, and imported before
// anything else, so that even such a Node.js gets far enough to print it.
import fs from 'node:fs';

const manifest = JSON.parse(
  fs.readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
);
const minimum = manifest.engines.node.replace('>=', '');
const [major = 0, minor = 0] = minimum.split('.').map(Number);
const [actualMajor = 0, actualMinor = 0] = process.versions.node.split('.').map(Number);

if (actualMajor < major || (actualMajor === major && actualMinor < minor)) {
  console.error(
    'caption-queue needs Node.js ' +
      minimum +
      ' or newer; this is ' +
      process.versions.node +
      '. Install a current one from https://nodejs.org and run the command again.',
  );
  process.exit(1);
}
