//! Instructions, which are text wherever they go; pure.

use crate::error::{Error, ErrorKind};
use crate::types::{ContentPart, Message};

/// The text of a message of the system or the application; `None` for one that says nothing.
///
/// # Errors
///
/// [`ErrorKind::InvalidRequest`] when there is more than text in it.
pub(crate) fn text(message: &Message) -> Result<Option<String>, Error> {
    let media = |part: &ContentPart| {
        matches!(
            part,
            ContentPart::Image(_) | ContentPart::Audio(_) | ContentPart::Document(_)
        )
    };
    if message.content.iter().any(media) {
        let message = "instructions are text: put media into a message of the user";
        return Err(Error::new(ErrorKind::InvalidRequest, message));
    }
    let text = message.text();
    Ok((!text.trim().is_empty()).then_some(text))
}
