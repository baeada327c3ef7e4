// What is known about a plane of numbers with axes, a spectrogram say, in words.
// Knows nothing about where the words are shown.
import type { PlaneAxis } from "../kernel/protocol";
import { given, unit } from "../numbers";
import { PICTURE_WORDS, type PictureWords } from "./picture";

/** As of a picture, with what rows and columns stand for where that is not their number. */
export function planeWords(axes: readonly PlaneAxis[]): PictureWords {
  return {
    ...PICTURE_WORDS,
    probe: (scene, row, column) => {
      const measured = axes.flatMap(({ label, step, unit: of }, k) =>
        of ? [`${label.toLowerCase()} ${unit(given((k ? column : row) * step), of)}`] : [],
      );
      const [place, ...rest] = PICTURE_WORDS.probe(scene, row, column).split(" · ");
      return [place, ...measured, ...rest].join(" · ");
    },
  };
}
