// Pictures, and their groups.

import { pictureGround, regionKind } from "../panels/groups/regions";
import { registerGroups } from "../panels/groups/register";
import { ImageSubject, image } from "../views/image";
import { registerKind } from "../views/kind";

registerKind(image);
registerGroups(ImageSubject, ({ photo }) => regionKind(pictureGround(photo)));
