//! What the nine shapes of the specification look like (attractor-spec 2.8).

use std::fmt::Write as _;

use super::layout::Point;

/// The smallest extent of a node, in pixels.
const MINIMUM: Point = Point { x: 64.0, y: 36.0 };

/// How far the corner marks of `Mdiamond` and `Msquare` reach in, in pixels.
const CORNER: f64 = 10.0;

/// The distance between the rings of `tripleoctagon`, in pixels.
const RING: f64 = 4.0;

/// How large a node of this shape is so that text of this size fits in it.
pub(super) fn size_for(shape: &str, text: Point) -> Point {
    let (scale_x, scale_y, pad_x, pad_y) = match shape {
        "diamond" | "Mdiamond" => (1.45, 1.7, 40.0, 24.0),
        "hexagon" | "parallelogram" => (1.0, 1.0, 60.0, 22.0),
        "house" => (1.0, 1.0, 30.0, 40.0),
        "tripleoctagon" => (1.0, 1.0, 52.0, 44.0),
        "component" => (1.0, 1.0, 48.0, 22.0),
        "box" | "Msquare" => (1.0, 1.0, 28.0, 20.0),
        _ => (1.2, 1.2, 32.0, 20.0),
    };
    Point {
        x: (text.x * scale_x + pad_x).max(MINIMUM.x),
        y: (text.y * scale_y + pad_y).max(MINIMUM.y),
    }
}

/// The outline of a node as SVG elements.
pub(super) fn elements(shape: &str, centre: Point, size: Point) -> String {
    let frame = Frame::around(centre, size);
    match shape {
        "diamond" => polygon(&frame.diamond()),
        "Mdiamond" => polygon(&frame.diamond()) + &frame.diamond_marks(),
        "Msquare" => frame.rectangle(0.0) + &frame.square_marks(),
        "hexagon" => polygon(&frame.hexagon()),
        "parallelogram" => polygon(&frame.parallelogram()),
        "house" => polygon(&frame.house()),
        "component" => frame.rectangle(0.0) + &frame.tabs(),
        "tripleoctagon" => (0u8..3)
            .map(|ring| polygon(&frame.shrunk(RING * f64::from(ring)).octagon()))
            .collect(),
        "box" => frame.rectangle(6.0),
        _ => format!(
            "<ellipse cx=\"{:.1}\" cy=\"{:.1}\" rx=\"{:.1}\" ry=\"{:.1}\"/>",
            centre.x,
            centre.y,
            size.x / 2.0,
            size.y / 2.0
        ),
    }
}

/// The four sides and the centre of a node.
#[derive(Clone, Copy)]
struct Frame {
    left: f64,
    right: f64,
    top: f64,
    bottom: f64,
    centre: Point,
}

impl Frame {
    fn around(centre: Point, size: Point) -> Frame {
        Frame {
            left: centre.x - size.x / 2.0,
            right: centre.x + size.x / 2.0,
            top: centre.y - size.y / 2.0,
            bottom: centre.y + size.y / 2.0,
            centre,
        }
    }

    fn shrunk(self, by: f64) -> Frame {
        Frame {
            left: self.left + by,
            right: self.right - by,
            top: self.top + by,
            bottom: self.bottom - by,
            centre: self.centre,
        }
    }

    fn rectangle(self, radius: f64) -> String {
        let (width, height) = (self.right - self.left, self.bottom - self.top);
        format!(
            "<rect x=\"{:.1}\" y=\"{:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" \
             rx=\"{radius}\"/>",
            self.left, self.top
        )
    }

    fn diamond(self) -> Vec<(f64, f64)> {
        let Point { x, y } = self.centre;
        vec![
            (x, self.top),
            (self.right, y),
            (x, self.bottom),
            (self.left, y),
        ]
    }

    /// The short lines that cut off a diamond's four corners.
    fn diamond_marks(self) -> String {
        let Point { x, y } = self.centre;
        let slope = (self.bottom - self.top) / (self.right - self.left);
        let (dx, dy) = (CORNER / slope.max(0.1), CORNER);
        let (sx, sy) = (CORNER, CORNER * slope);
        line(x - dx, self.top + dy, x + dx, self.top + dy)
            + &line(x - dx, self.bottom - dy, x + dx, self.bottom - dy)
            + &line(self.left + sx, y - sy, self.left + sx, y + sy)
            + &line(self.right - sx, y - sy, self.right - sx, y + sy)
    }

    /// The diagonals that cut off a square's four corners.
    fn square_marks(self) -> String {
        let Frame {
            left,
            right,
            top,
            bottom,
            ..
        } = self;
        line(left, top + CORNER, left + CORNER, top)
            + &line(right - CORNER, top, right, top + CORNER)
            + &line(left, bottom - CORNER, left + CORNER, bottom)
            + &line(right - CORNER, bottom, right, bottom - CORNER)
    }

    fn hexagon(self) -> Vec<(f64, f64)> {
        let (inset, y) = (18.0, self.centre.y);
        vec![
            (self.left + inset, self.top),
            (self.right - inset, self.top),
            (self.right, y),
            (self.right - inset, self.bottom),
            (self.left + inset, self.bottom),
            (self.left, y),
        ]
    }

    fn parallelogram(self) -> Vec<(f64, f64)> {
        let slant = 18.0;
        vec![
            (self.left + slant, self.top),
            (self.right, self.top),
            (self.right - slant, self.bottom),
            (self.left, self.bottom),
        ]
    }

    fn house(self) -> Vec<(f64, f64)> {
        let eaves = self.top + 18.0;
        vec![
            (self.centre.x, self.top),
            (self.right, eaves),
            (self.right, self.bottom),
            (self.left, self.bottom),
            (self.left, eaves),
        ]
    }

    fn octagon(self) -> Vec<(f64, f64)> {
        let cut = (self.bottom - self.top) * 0.29;
        let Frame {
            left,
            right,
            top,
            bottom,
            ..
        } = self;
        vec![
            (left + cut, top),
            (right - cut, top),
            (right, top + cut),
            (right, bottom - cut),
            (right - cut, bottom),
            (left + cut, bottom),
            (left, bottom - cut),
            (left, top + cut),
        ]
    }

    /// The two tabs on the left side of a component.
    fn tabs(self) -> String {
        let tab = |y: f64| {
            let x = self.left - 6.0;
            format!("<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"12\" height=\"6\"/>")
        };
        tab(self.top + 6.0) + &tab(self.bottom - 12.0)
    }
}

fn polygon(points: &[(f64, f64)]) -> String {
    let mut text = String::from("<polygon points=\"");
    for (index, (x, y)) in points.iter().enumerate() {
        let blank = if index == 0 { "" } else { " " };
        let _ = write!(text, "{blank}{x:.1},{y:.1}");
    }
    text + "\"/>"
}

fn line(x1: f64, y1: f64, x2: f64, y2: f64) -> String {
    format!("<line x1=\"{x1:.1}\" y1=\"{y1:.1}\" x2=\"{x2:.1}\" y2=\"{y2:.1}\"/>")
}
