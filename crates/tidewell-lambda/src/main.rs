//! `bootstrap`, the executable of the function: the server's router and the engine's verbs behind the Lambda Runtime API.

use std::process::ExitCode;

use tidewell_env::Env;
use tidewell_lambda::{Function, Settings, log, serve};

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("error: {}", message.replace('\n', "; "));
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), String> {
    if std::env::var_os("AWS_LAMBDA_RUNTIME_API").is_none() {
        return Err(
            "this is the executable of a Lambda function, which AWS Lambda starts: see docs/lambda.md".to_owned()
        );
    }
    log::start()?;
    let env = Env::system();
    let settings = Settings::read(&env)?;
    let response = settings.response;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.map_err(|error| format!("cannot start the runtime: {error}"))?;
    runtime.block_on(async {
        let function = Function::open(settings, env).await.map_err(|error| error.message)?;
        serve(function, response).await.map_err(|error| error.to_string())
    })
}
