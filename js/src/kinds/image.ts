// Pictures, and their groups.
import "../panels/groups/offer";
import "../panels/path/offer";
import { registerGroups } from "../panels/groups/kind";
import { pictureGround, regionKind } from "../panels/groups/regions";
import { ImageSubject, image } from "../views/image";
import { registerKind } from "../views/kind";

registerKind(image);
registerGroups(ImageSubject, ({ photo }) => regionKind(pictureGround(photo)));
