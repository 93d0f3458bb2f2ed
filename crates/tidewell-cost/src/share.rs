//! Dividing what was shared.

/// The part of each, from 0 to 1, by weight; even parts where nothing has any weight. They sum up to 1, unless there are none.
pub fn parts(weights: impl Iterator<Item = u64> + Clone) -> impl Iterator<Item = f64> {
    let (sum, count) = weights.clone().fold((0.0, 0.0), |(sum, count), weight| (sum + weight as f64, count + 1.0));
    weights.map(move |weight| if sum > 0.0 { weight as f64 / sum } else { 1.0 / count })
}

#[cfg(test)]
mod tests;
