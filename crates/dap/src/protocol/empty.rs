//! What stands for nothing.

use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Declares a type that is nothing: written as null, which envelopes leave out, and read from anything.
macro_rules! empty {
    ($(#[$attribute:meta])* $name:ident) => {
        $(#[$attribute])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        pub struct $name;

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                $crate::protocol::empty::serialize(serializer)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<$name, D::Error> {
                $crate::protocol::empty::deserialize(deserializer).map(|()| $name)
            }
        }
    };
}
pub(crate) use empty;

pub(crate) fn serialize<S: Serializer>(serializer: S) -> Result<S::Ok, S::Error> {
    ().serialize(serializer)
}

pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<(), D::Error> {
    IgnoredAny::deserialize(deserializer).map(|_| ())
}

empty! {
    /// The arguments of a request that has none.
    NoArguments
}

empty! {
    /// The body of a response that has none.
    NoBody
}
