//! Who stands around a face, segmented once for all checks that ask.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::Result;
use crate::faces::person::{Crop, Mask, Segmenter};
use crate::models::selfie::NAME;
use crate::nn::DeviceChoice;
use crate::text::Text;

/// The segmentation network, loaded when first asked, and what it has seen of
/// this exhibit.
pub struct People {
    device: DeviceChoice,
    network: Option<Result<Segmenter, Text>>,
    /// By frame and track.
    masks: BTreeMap<(u64, u32), Arc<Mask>>,
}

impl People {
    /// Nothing seen yet; networks are to run on `device`.
    pub fn new(device: DeviceChoice) -> Self {
        Self { device, network: None, masks: BTreeMap::new() }
    }

    /// The mask of the square around the face of `track` in `frame`, or in
    /// words why there is no network.
    ///
    /// # Errors
    /// [`crate::Error::Compute`] when the network fails.
    pub fn mask(&mut self, frame: u64, track: u32, crop: &Crop) -> Result<Result<Arc<Mask>, Text>> {
        let network = match self.network.get_or_insert_with(|| load(self.device)) {
            Ok(network) => network,
            Err(why) => return Ok(Err(why.clone())),
        };
        if let Some(mask) = self.masks.get(&(frame, track)) {
            return Ok(Ok(Arc::clone(mask)));
        }
        let mask = Arc::new(network.mask(crop)?);
        self.masks.insert((frame, track), Arc::clone(&mask));
        Ok(Ok(mask))
    }
}

/// The installed network, or in words why there is none.
fn load(device: DeviceChoice) -> Result<Segmenter, Text> {
    match Segmenter::load(device) {
        Ok(Some(network)) => Ok(network),
        Ok(None) => Err(Text::new(
            format!(
                "The segmentation network is not installed (`waarmerk models install {NAME}`)."
            ),
            format!(
                "Het segmentatienetwerk is niet geïnstalleerd (`waarmerk models install {NAME}`)."
            ),
        )),
        Err(error) => Err(Text::new(
            format!("The segmentation network cannot be used: {error}."),
            format!("Het segmentatienetwerk kan niet worden gebruikt: {error}."),
        )),
    }
}
