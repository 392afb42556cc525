//! Attributes that only concern how Graphviz draws.

use std::collections::HashSet;
use std::sync::LazyLock;

/// They are kept, and never reported as unknown.
const NAMES: &str = "\
    Damping K URL area arrowhead arrowsize arrowtail bb bgcolor center charset clusterrank \
    color colorscheme comment compound concentrate constraint decorate dim dir distortion dpi \
    edgeURL edgehref edgetarget edgetooltip fillcolor fixedsize fontcolor fontname fontnames \
    fontpath fontsize forcelabels gradientangle group headURL headclip headhref headlabel \
    headport headtarget headtooltip height href id image imagepath imagepos imagescale \
    inputscale labelURL labelangle labeldistance labelfloat labelfontcolor labelfontname \
    labelfontsize labelhref labeljust labelloc labeltarget labeltooltip landscape layer \
    layerlistsep layers layerselect layersep layout len levels lhead lheight lp ltail lwidth \
    margin maxiter mclimit mindist minlen mode model newrank nodesep nojustify normalize \
    notranslate nslimit nslimit1 oneblock ordering orientation outputorder overlap pack \
    packmode pad page pagedir pencolor penwidth peripheries pin pos quadtree quantum rank \
    rankdir ranksep ratio rects regular remincross repulsiveforce resolution root rotate \
    rotation samehead sametail samplepoints scale searchsize sep shapefile showboxes sides \
    size skew smoothing sortv splines start style stylesheet tailURL tailclip tailhref \
    taillabel tailport tailtarget tailtooltip target tooltip truecolor vertices viewport \
    voro_margin width xdotversion xlabel xlp z \
";

static SET: LazyLock<HashSet<&str>> = LazyLock::new(|| NAMES.split_whitespace().collect());

/// Whether Graphviz itself knows the attribute and the pipeline has no use for it.
pub(crate) fn is_drawing_attribute(name: &str) -> bool {
    name.starts_with('_') || SET.contains(name)
}
