//! Hands the compiler's version to the program, which states it.

use std::env;
use std::process::Command;

fn main() {
    let rustc = env::var("RUSTC").expect("cargo sets RUSTC");
    let output = Command::new(rustc)
        .arg("--version")
        .output()
        .expect("rustc runs");
    let version = String::from_utf8(output.stdout).expect("rustc's version is text");
    let short: Vec<&str> = version.split_whitespace().take(2).collect();
    println!("cargo:rustc-env=COMPILER={}", short.join(" "));
    println!(
        "cargo:rustc-env=LEVEL={}",
        env::var("OPT_LEVEL").expect("cargo sets OPT_LEVEL")
    );
    println!("cargo:rerun-if-changed=build.rs");
}
