// Videos, and their groups.
import "../panels/groups/offer";
import "../panels/path/offer";
import { registerGroups } from "../panels/groups/kind";
import { regionKind } from "../panels/groups/regions";
import { registerKind } from "../views/kind";
import { VideoSubject, video } from "../views/video";

registerKind(video);
registerGroups(VideoSubject, (subject) => regionKind(subject.ground));
