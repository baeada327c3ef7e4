// What is known about one frame of a video and its pixels, in words.
// Knows nothing about where the words are shown.
import { count } from "../numbers";
import type { VideoScene } from "../scenes/stack";
import { PICTURE_WORDS, type PictureWords } from "./picture";

const place = ({ at, count: all }: VideoScene) => `frame ${count(at)} of 0–${count(all - 1)}`;

export const VIDEO_WORDS: PictureWords<VideoScene> = {
  probe: (scene, row, column) => {
    const text = PICTURE_WORDS.probe(scene, row, column);
    return `Frame ${count(scene.at)}, ${text[0]!.toLowerCase()}${text.slice(1)}`;
  },
  summary: (scene) => `${PICTURE_WORDS.summary(scene)} of ${place(scene)}`,
  hint: (scene) => PICTURE_WORDS.hint(scene).replace("Strongest", `Strongest of frame ${count(scene.at)}:`),
  input: (scene) => `${PICTURE_WORDS.input(scene)}, ${place(scene)}`,
};
