//! Programs in C and Python that use the library: files, garbage, threads, and no byte lost or read astray.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn library() -> PathBuf {
    let folder = std::env::current_exe().unwrap().parent().unwrap().to_owned();
    let library = folder.join("libtidewell_parquet_writer.so");
    assert!(library.is_file(), "cargo builds {} for this test", library.display());
    library
}

fn here(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
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
    let (program, library) = (folder.join("writer"), library());
    let output = Command::new("cc")
        .args(language)
        .args(["-Wall", "-Wextra", "-Werror", "-g", "-pthread", "-I"])
        .arg(here("include"))
        .arg("-o")
        .arg(&program)
        .arg(here("tests/programs/writer.c"))
        .args(["-x", "none"])
        .arg(&library)
        .arg(format!("-Wl,-rpath,{}", library.parent().unwrap().display()))
        .output()
        .unwrap();
    assert_ok(&output, "cc");
    program
}

#[test]
fn plugin_in_a_c_program_writes_rows_and_survives_garbage() {
    if is_missing("cc") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let output = Command::new(program(folder.path(), &["-std=c11"])).arg(folder.path()).output().unwrap();
    assert_ok(&output, "writer");
}

#[test]
fn plugin_under_valgrind_leaks_and_strays_nowhere() {
    if is_missing("cc") || is_missing("valgrind") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let output = Command::new("valgrind")
        .args(["--error-exitcode=9", "--leak-check=full", "--errors-for-leak-kinds=definite,indirect", "-q"])
        .arg(program(folder.path(), &["-std=c11"]))
        .arg(folder.path())
        .output()
        .unwrap();
    assert_ok(&output, "valgrind");
}

#[test]
fn plugin_in_python_writes_as_a_host_does() {
    let Some(python) = std::env::var_os("TIDEWELL_TEST_PYTHON") else {
        println!("skipped: TIDEWELL_TEST_PYTHON names no Python");
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let output =
        Command::new(python).arg(here("tests/programs/writer.py")).arg(library()).arg(folder.path()).output().unwrap();
    assert_ok(&output, "python");
}
