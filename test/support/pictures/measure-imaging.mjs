// Normalises one picture in the built imaging process and prints by how much that process grew, as JSON.
import { fork } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const bytes = readFileSync(process.argv[2]);
const script = fileURLToPath(
  new URL('../../../services/api/dist/imaging-process.js', import.meta.url),
);
const child = fork(script, { serialization: 'advanced' });

/** Highest memory that the process ever had, in MB. */
const peakMb = () =>
  Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))[1]) / 1024;

let beforeMb;
child.on('message', (reply) => {
  if (reply.type === 'ready') {
    beforeMb = peakMb();
    child.send({ bytes, limits: {} });
    return;
  }
  const pixels = reply.image?.pixels.length ?? 0;
  console.log(
    JSON.stringify({ reply: reply.type, code: reply.code, pixels, grewMb: peakMb() - beforeMb }),
  );
  child.kill();
  process.exit();
});
