// The accent of a site in both themes, so that everything on it and in it can be read (WCAG AA).

const GROUNDS = { light: [[255, 255, 255], [251, 250, 247]], dark: [[26, 32, 41], [18, 22, 28]] };
const INKS = [[255, 255, 255], [11, 21, 18]];

function luminance(color) {
  let sum = 0;
  const weights = [0.2126, 0.7152, 0.0722];
  for (let at = 0; at < 3; at += 1) {
    const part = color[at] / 255;
    sum += weights[at] * (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
  }
  return sum;
}

function contrast(one, other) {
  const [low, high] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
}

function mix(one, other, share) {
  const mixed = [];
  for (let at = 0; at < 3; at += 1) mixed.push(Math.round(one[at] + (other[at] - one[at]) * share));
  return mixed;
}

// As little nearer to white or black as makes it stand out from every ground.
function standOut(color, grounds, wanted, towards) {
  for (let share = 0; share < 1; share += 0.04) {
    const mixed = mix(color, towards, share);
    let least = 21;
    for (const ground of grounds) least = Math.min(least, contrast(mixed, ground));
    if (least >= wanted) return mixed;
  }
  return towards;
}

/** [red, green, blue] of "#rrggbb" or of a computed "rgb(…)"; null for anything else. */
export function parseColor(text) {
  const hex = /^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/i.exec(text);
  if (hex) return [parseInt(hex[1], 16), parseInt(hex[2], 16), parseInt(hex[3], 16)];
  const rgb = /^rgba?\((\d+),? (\d+),? (\d+)/.exec(text);
  return rgb && [Number(rgb[1]), Number(rgb[2]), Number(rgb[3])];
}

/** The colours that follow from an accent in a theme, by the name of their custom property. */
export function accents(color, theme) {
  const grounds = GROUNDS[theme];
  const far = theme === "dark" ? [255, 255, 255] : [0, 0, 0];
  const fill = standOut(color, grounds, theme === "dark" ? 3 : 1.5, far);
  const soft = mix(grounds[0], fill, 0.12);
  const on = contrast(fill, INKS[0]) >= 4.5 ? INKS[0] : INKS[1];
  const text = standOut(fill, [...grounds, soft], 4.5, far);
  return { "--accent": fill, "--on-accent": on, "--accent-soft": soft, "--accent-text": text };
}
