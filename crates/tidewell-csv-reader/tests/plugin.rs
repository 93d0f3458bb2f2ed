//! Programs in C and Python that use the library: rows, garbage, threads, and no byte lost or read astray.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn library() -> PathBuf {
    let folder = std::env::current_exe().unwrap().parent().unwrap().to_owned();
    let library = folder.join("libtidewell_csv_reader.so");
    assert!(library.is_file(), "cargo builds {} for this test", library.display());
    library
}

fn here(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// A folder with `rows.csv`: a time, a tag, a float and an integer.
fn rows() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let mut text = "when;room;temp;count\n".to_owned();
    for row in 0..1000 {
        writeln!(text, "2024-01-01 00:{:02}:{:02};r{};{}.5;{row}", row / 60, row % 60, row % 3, row % 40).unwrap();
    }
    std::fs::write(folder.path().join("rows.csv"), text).unwrap();
    folder
}

fn is_missing(tool: &str) -> bool {
    let missing = Command::new(tool).arg("--version").output().is_err();
    if missing {
        println!("skipped: no {tool}");
    }
    missing
}

fn assert_ok(output: &Output, what: &str) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(output.status.success(), "{what}: {}\n{}", text(&output.stdout), text(&output.stderr));
    println!("{what}: {}", text(&output.stdout));
}

/// The C program, built with every warning an error.
fn program(folder: &Path, language: &[&str]) -> PathBuf {
    let (program, library) = (folder.join("reader"), library());
    let output = Command::new("cc")
        .args(language)
        .args(["-Wall", "-Wextra", "-Werror", "-g", "-pthread", "-I"])
        .arg(here("include"))
        .arg("-o")
        .arg(&program)
        .arg(here("tests/programs/reader.c"))
        .args(["-x", "none"])
        .arg(&library)
        .arg(format!("-Wl,-rpath,{}", library.parent().unwrap().display()))
        .output()
        .unwrap();
    assert_ok(&output, "cc");
    program
}

#[test]
fn plugin_in_a_c_program_gives_rows_and_survives_garbage() {
    if is_missing("cc") {
        return;
    }
    let folder = rows();
    let output =
        Command::new(program(folder.path(), &["-std=c11"])).arg(folder.path().join("rows.csv")).output().unwrap();
    assert_ok(&output, "reader");
}

#[test]
fn plugin_under_valgrind_leaks_and_strays_nowhere() {
    if is_missing("cc") || is_missing("valgrind") {
        return;
    }
    let folder = rows();
    let output = Command::new("valgrind")
        .args(["--error-exitcode=9", "--leak-check=full", "--errors-for-leak-kinds=definite,indirect", "-q"])
        .arg(program(folder.path(), &["-std=c11"]))
        .arg(folder.path().join("rows.csv"))
        .output()
        .unwrap();
    assert_ok(&output, "valgrind");
}

#[test]
fn plugin_in_python_reads_as_a_host_does() {
    let Some(python) = std::env::var_os("TIDEWELL_TEST_PYTHON") else {
        println!("skipped: TIDEWELL_TEST_PYTHON names no Python");
        return;
    };
    let folder = rows();
    let output =
        Command::new(python).arg(here("tests/programs/reader.py")).arg(library()).arg(folder.path()).output().unwrap();
    assert_ok(&output, "python");
}
