//! What requests in flight hold on to.

use crate::io::{IoBuf, Request};
use crate::uring::Group;
use std::sync::Arc;

/// What a request needs until its last event.
pub(crate) enum Held {
    /// The kernel writes into it.
    Filled(IoBuf),
    /// The kernel reads from it.
    Sent(IoBuf),
    Group(Arc<Group>),
    Accept,
}

pub(crate) struct Entry {
    pub user_data: u64,
    pub held: Held,
}

/// Requests by the number that the kernel knows them by: place and generation.
#[derive(Default)]
pub(crate) struct Requests {
    places: Vec<Place>,
    free: Vec<u32>,
}

struct Place {
    generation: u32,
    entry: Option<Entry>,
}

impl Requests {
    pub fn add(&mut self, held: Held, user_data: u64) -> Request {
        let entry = Some(Entry { user_data, held });
        let index = match self.free.pop() {
            Some(index) => {
                self.places[index as usize].entry = entry;
                index
            }
            None => {
                self.places.push(Place { generation: 0, entry });
                (self.places.len() - 1) as u32
            }
        };
        Request::new(index, self.places[index as usize].generation)
    }

    fn place(&mut self, key: u64) -> Option<&mut Place> {
        let request = Request::from_key(key);
        let place = self.places.get_mut(request.index() as usize)?;
        (place.generation == request.generation()).then_some(place)
    }

    pub fn get(&mut self, key: u64) -> Option<&Entry> {
        self.place(key)?.entry.as_ref()
    }

    pub fn remove(&mut self, key: u64) -> Option<Entry> {
        let place = self.place(key)?;
        let entry = place.entry.take()?;
        place.generation = place.generation.wrapping_add(1);
        self.free.push(Request::from_key(key).index());
        Some(entry)
    }
}
