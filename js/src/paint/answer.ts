// An answer over a picture to pixels: the photograph lit by it, the map, or the map over the photograph. Pure.
// Knows nothing about canvases, zoom or the page.
import type { Look } from "../scenes/look";
import type { PictureScene } from "../scenes/picture";
import { mapRaster, overlayRaster, type Raster } from "./raster";
import { spotlightRaster } from "./spotlight";

export function answerRaster(scene: PictureScene, look: Look): Raster {
  if (scene.lit) return spotlightRaster({ photo: scene.photo, ...scene.lit }, look);
  return look.view === "overlay" ? overlayRaster(scene, look) : mapRaster(scene, look);
}
