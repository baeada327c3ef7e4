// Videos: one frame at a time with its attribution, and a strip of how much lies in each frame.
// Knows nothing about traits or how values were computed.
import { decodeArray, type Tensor } from "../kernel/decode";
import type { VideoInput } from "../kernel/protocol";
import { isDiverging } from "../paint/palette";
import type { Answer } from "../scenes/answer";
import type { Look } from "../scenes/look";
import type { Scale } from "../scenes/scale";
import {
  mapStack,
  meanPhoto,
  middleOf,
  type Place,
  photoAt,
  planeSums,
  shownPlace,
  type VideoScene,
  videoScene,
} from "../scenes/stack";
import { unitOf } from "../scenes/unit";
import { make } from "../ui/dom";
import { createLegend } from "../ui/legend";
import { createStrip } from "../ui/strip";
import { planeText } from "../wording/stack";
import { VIDEO_WORDS } from "../wording/video";
import { Heatmap } from "./heatmap";
import { createTile, projectedTile } from "./image";
import { imagePathPoint } from "./image-path";
import type { AnswerDrawing, InputKind, OnChange, Subject, SubjectActions } from "./kind";

export interface Video {
  size: Place;
  /** Bytes (T, h, w, 3). */
  frames: Tensor;
}

export class VideoSubject implements Subject {
  readonly kind = "video";
  readonly video: Video;

  constructor(video: Video) {
    this.video = video;
  }

  answer({ change }: SubjectActions, signal: AbortSignal): AnswerDrawing {
    return new VideoAnswer(this.video, change, signal);
  }

  tile(): AnswerDrawing {
    return createTile(projectedTile);
  }

  /** What groups of places lie on. */
  get ground() {
    const { size, frames } = this.video;
    const place = (plane: number, count: number) => middleOf(plane, size[0], count);
    return {
      whole: "video",
      planes: "Frame",
      aspect: size[2] / size[1],
      place,
      photo: (plane: number, count: number) => photoAt(frames, place(plane, count)),
    };
  }

  pathPoint(signal: AbortSignal) {
    return imagePathPoint(meanPhoto(this.video.frames), signal);
  }
}

export const video: InputKind<VideoInput> = {
  name: "video",
  layouts: { side: "Side by side", overlay: "Overlay", swipe: "Swipe" },
  narrow: "overlay",
  overlay: true,
  read: ({ size, arrays }) => {
    const [count = 1, tall = 1, wide = 1] = size;
    return new VideoSubject({ size: [count, tall, wide], frames: decodeArray(arrays.frames) });
  },
};

class VideoAnswer implements AnswerDrawing {
  readonly node: HTMLElement;
  #video: Video;
  #legend = createLegend("up");
  #heatmap: Heatmap<VideoScene>;
  #strip: ReturnType<typeof createStrip>;
  #last: [Answer, Look] | null = null;
  /** The frame on show while the pointer is down. */
  #draft: number | null = null;
  #at = 0;

  constructor(video: Video, change: OnChange, signal: AbortSignal) {
    this.#video = video;
    const aside = make("div", { class: "whylight-aside" }, this.#legend.node);
    const pin = (pixel: number[]) => change({ pixel: [this.#at, ...pixel] });
    this.#heatmap = new Heatmap(aside, pin, signal, VIDEO_WORDS);
    const moved = (to: number, done: boolean) => {
      this.#draft = done ? null : to;
      const pinned = this.#last?.[1].pixel.slice(1) ?? [];
      if (done) change({ pixel: [to, ...pinned] });
      else if (this.#last) this.draw(...this.#last);
    };
    this.#strip = createStrip("Frame", moved, signal);
    this.node = make("div", { class: "whylight-view" }, this.#heatmap.node, this.#strip.node);
  }

  draw(answer: Answer, look: Look): Scale {
    this.#last = [answer, look];
    const { frame, together } = answer;
    const at = this.#draft ?? shownPlace(look.pixel, this.#video.size, mapStack(frame))[0];
    this.#at = at;
    const scene = videoScene(this.#video, frame, at, look, isDiverging(look.colormap), together);
    this.#heatmap.draw(scene, { ...look, pixel: look.pixel.slice(1) });
    this.#legend.draw({ scale: scene.scale, unit: unitOf(scene.meta), lit: scene.lit }, look);
    const found = planeSums(frame, 0);
    const [count] = this.#video.size;
    this.#strip.draw({ sizes: found.sizes, count, at, text: planeText("Frame", at, count, found) });
    return scene.scale;
  }
}
