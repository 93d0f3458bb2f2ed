# Settings that would hurt are refused before anything is made.

mock_provider "aws" {
  mock_data "aws_iam_policy_document" {
    defaults = { json = "{\"Version\":\"2012-10-17\",\"Statement\":[]}" }
  }
}

variables {
  bucket_name = "tidewell-test-bucket"
}

run "imports_inside_the_store" {
  command = plan
  variables { import_prefix = "tidewell" }
  expect_failures = [var.import_prefix]
}

run "imports_with_the_whole_bucket_as_store" {
  command = plan
  variables {
    store_prefix   = ""
    results_prefix = null
    import_prefix  = "import"
  }
  expect_failures = [var.import_prefix]
}

run "results_inside_the_store" {
  command = plan
  variables {
    store_prefix   = "results/tidewell"
    results_prefix = "results"
  }
  expect_failures = [var.results_prefix]
}

run "a_local_log" {
  command = plan
  variables { environment = { TIDEWELL_WAL_MODE = "periodic" } }
  expect_failures = [var.environment]
}

run "a_variable_that_is_not_ours" {
  command = plan
  variables { environment = { PATH = "/tmp" } }
  expect_failures = [var.environment]
}

run "an_unknown_verb" {
  command = plan
  variables { schedules = { vacuum = { expression = "rate(1 day)", verbs = ["vacuum"] } } }
  expect_failures = [var.schedules]
}

run "a_large_batch_without_a_window" {
  command = plan
  variables {
    queue_batch_size = 100
    queue_window_s   = 0
  }
  expect_failures = [var.queue_window_s]
}

run "an_unknown_architecture" {
  command = plan
  variables { architecture = "riscv64" }
  expect_failures = [var.architecture]
}
