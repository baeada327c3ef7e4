// Pictures, with a brush to erase parts of them, and their groups.
import "../panels/groups/offer";
import "../panels/path/offer";
import { createPictureEditor } from "../editors/picture";
import { registerGroups } from "../panels/groups/kind";
import { pictureGround, regionKind } from "../panels/groups/regions";
import { createAnswer, ImageSubject, image, imageOf } from "../views/image";
import { type AnswerDrawing, registerKind, type SubjectActions } from "../views/kind";

class ImageAlone extends ImageSubject {
  override answer({ change, edit, fills }: SubjectActions, signal: AbortSignal): AnswerDrawing {
    const drawing = createAnswer(this, change, signal);
    const { node, tools } = drawing.heatmap;
    if (!edit || !fills) return drawing;
    const take: Parameters<typeof createPictureEditor>[1]["take"] = (strokes, fill) =>
      edit({ strokes, fill });
    const opened = (open: boolean) => node.classList.toggle("whylight-editing", open);
    const editor = createPictureEditor(drawing.heatmap, { fills, take, opened }, signal);
    tools.prepend(editor.button);
    node.append(editor.node);
    return drawing;
  }
}

registerKind({ ...image, read: (input: Parameters<typeof imageOf>[0]) => new ImageAlone(...imageOf(input)) });
registerGroups(ImageSubject, ({ photo }) => regionKind(pictureGround(photo)));
