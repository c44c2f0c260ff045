// Makes a clean page look as pages come: a part of it, turned a little, grey, printed and scanned, compressed.
import sharp from 'sharp';

/**
 * @param {Buffer} page
 * @param {import('./random.mjs').Random} random
 * @param {number} [scanned] the chance that it was printed and scanned; default 0.9
 * @returns {Promise<Buffer>} PNG or JPEG
 */
export async function weather(page, random, scanned = 0.9) {
  let image = sharp(page).flatten({ background: '#ffffff' });
  const { width, height } = await sharp(page).metadata();
  if (random.chance(0.3)) {
    const part = {
      width: Math.round(width * (0.5 + random.next() * 0.5)),
      height: Math.round(height * (0.3 + random.next() * 0.6)),
    };
    image = image.extract({
      ...part,
      left: random.int(0, width - part.width),
      top: random.int(0, height - part.height),
    });
    image = sharp(await image.toBuffer());
  }
  if (!random.chance(scanned)) return image.png().toBuffer();
  if (random.chance(0.7)) {
    const background = random.pick(['#fff', '#eee', '#888', '#222']);
    image = sharp(await image.rotate((random.next() - 0.5) * 6, { background }).toBuffer());
  }
  const { data, info } = await image.removeAlpha().raw().toBuffer({ resolveWithObject: true });
  age(data, info, random);
  const raw = { width: info.width, height: info.height, channels: info.channels };
  const scan = sharp(data, { raw }).blur(0.3 + random.next() * 0.9);
  return scan.jpeg({ quality: random.int(40, 90) }).toBuffer();
}

/**
 * Adds grain, a shadow to one side, faded ink and yellow paper, in place.
 * @param {Buffer} data
 * @param {{ width: number, channels: number }} size
 * @param {import('./random.mjs').Random} random
 */
function age(data, { width, channels }, random) {
  const colours = Math.min(channels, 3);
  const [grain, fade, light] = [random.int(2, 30), 0.6 + random.next() * 0.4, random.int(-10, 40)];
  const yellow = random.chance(0.4) ? random.int(-40, -8) : 0;
  const slope = (random.next() - 0.5) * 60;
  const grey = random.chance(0.6);
  for (let at = 0; at < data.length; at += channels) {
    const pixel = data.subarray(at, at + colours);
    const mean = pixel.reduce((sum, value) => sum + value, 0) / colours;
    const noise = (random.next() - 0.5) * grain;
    const shade = (slope * ((at / channels) % width)) / width + light + noise;
    for (const [channel, value] of pixel.entries()) {
      const ink = 128 + ((grey ? mean : value) - 128) * fade;
      const aged = ink + shade + (channel === 2 ? yellow : 0);
      data[at + channel] = Math.max(0, Math.min(255, aged));
    }
  }
}
