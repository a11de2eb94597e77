/**
 * Colours: the colour map of every picture, the one of features/showing/colours.py, and one for differences.
 *
 * Both are paths through CIE L*a*b* (CIE 15:2004, section 8.2.1), turned into sRGB (IEC 61966-2-1, D65). In the first,
 * lightness rises in equal steps from near black to near white while the hue turns from violet over red to yellow. The
 * second is lightest in the middle, at zero, and grows darker towards blue below it and red above it.
 */

export const SIZE = 256;

/** What is no number: a green that neither table has; as 0xAABBGGRR, like the tables. */
export const MISSING = pack([0, 150, 136]);

const radians = (degrees) => (degrees * Math.PI) / 180;

/** Red, green and blue, 0 to 255, of the 256 colours from the lowest value to the highest. */
export const COLOURS = Array.from({ length: SIZE }, (_, at) => {
  const place = at / (SIZE - 1);
  const hue = radians(285 + 170 * place);
  const chroma = 54 * Math.sin(Math.PI * place);
  return srgb(2 + 94 * place, chroma * Math.cos(hue), chroma * Math.sin(hue));
});

/** The colours of differences, from the most negative one to the most positive one. */
export const DIFFERENCES = Array.from({ length: SIZE }, (_, at) => {
  const place = (2 * at) / (SIZE - 1) - 1;
  const hue = radians(place < 0 ? 262 : 38);
  const chroma = 62 * Math.abs(place) ** 0.8;
  return srgb(97 - 62 * Math.abs(place), chroma * Math.cos(hue), chroma * Math.sin(hue));
});

/** The tables as pixels of an ImageData seen as Uint32Array, on the little-endian machines that there are. */
export const PIXELS = Uint32Array.from(COLOURS, pack);
export const DIFFERENCE_PIXELS = Uint32Array.from(DIFFERENCES, pack);

function pack([red, green, blue]) {
  return ((255 << 24) | (blue << 16) | (green << 8) | red) >>> 0;
}

function srgb(lightness, a, b) {
  const height = (lightness + 16) / 116;
  const cubed = (step) => (step > 6 / 29 ? step ** 3 : 3 * (6 / 29) ** 2 * (step - 4 / 29));
  const x = 0.95047 * cubed(height + a / 500);
  const y = cubed(height);
  const z = 1.08883 * cubed(height - b / 200);
  return [
    3.2404542 * x - 1.5371385 * y - 0.4985314 * z,
    -0.969266 * x + 1.8760108 * y + 0.041556 * z,
    0.0556434 * x - 0.2040259 * y + 1.0572252 * z,
  ].map((linear) => {
    const held = Math.min(Math.max(linear, 0), 1);
    return Math.round(255 * (held <= 0.0031308 ? 12.92 * held : 1.055 * held ** (1 / 2.4) - 0.055));
  });
}
