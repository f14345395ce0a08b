//! Numbers that look drawn and are the same in every run.

/// From one input of splitmix64's own sequence to the next.
pub const MIX_STEP: u64 = 0x9e37_79b9_7f4a_7c15;

/// One step of splitmix64: neighbouring inputs give unrelated outputs.
pub fn mix(value: u64) -> u64 {
    let mut value = value.wrapping_add(MIX_STEP);
    value = (value ^ (value >> 30)).wrapping_mul(0xbf58476d1ce4e5b9);
    value = (value ^ (value >> 27)).wrapping_mul(0x94d049bb133111eb);
    value ^ (value >> 31)
}

/// The number's draw from the exponential distribution.
pub fn exponential(number: u64, mean: f64) -> f64 {
    // 53 bits make a number above 0 and at most 1.
    let uniform = ((mix(number) >> 11) + 1) as f64 / (1u64 << 53) as f64;
    -uniform.ln() * mean
}
