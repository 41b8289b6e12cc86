/** Marks of pins: a disc of the colour with a white ring; a second ring around the selected one. */

/** @typedef {{x_px: number, y_px: number, color: string, frame?: number}} Pin */

export const PIN_PX = 9; // radius of a mark, CSS px

/** @param {Pin} a @param {Pin} b */
export const isSame = (a, b) => a.x_px === b.x_px && a.y_px === b.y_px && a.frame === b.frame;

/**
 * @param {CanvasRenderingContext2D} context its unit is a page px
 * @param {number} scale CSS px per page px
 * @param {Pin} pin
 * @param {boolean} isChosen
 */
export function drawPin(context, scale, pin, isChosen) {
  for (const [color, width] of [["rgb(0 0 0 / 55%)", 5], ["#fff", 2.5]]) {
    context.beginPath();
    context.arc(pin.x_px + 0.5, pin.y_px + 0.5, PIN_PX / scale, 0, 2 * Math.PI);
    context.lineWidth = Number(width) / scale;
    context.strokeStyle = String(color);
    context.stroke();
  }
  context.fillStyle = pin.color;
  context.fill();
  if (!isChosen) return;
  context.beginPath();
  context.arc(pin.x_px + 0.5, pin.y_px + 0.5, (PIN_PX + 5) / scale, 0, 2 * Math.PI);
  context.stroke();
}
