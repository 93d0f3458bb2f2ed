output "url" {
  description = "Where clients write and query; null without a Function URL."
  value       = one(aws_lambda_function_url.api[*].function_url)
}

output "store" {
  description = "The store, for `tidewell --store` elsewhere."
  value       = local.store_url
}

output "function_arns" {
  description = "ARNs of the functions, by role: api and work."
  value       = { for role, function in aws_lambda_function.this : role => function.arn }
}

output "role_arns" {
  description = "ARNs of the functions' roles, for the policy of a KMS key or of another bucket."
  value       = { for role, iam in aws_iam_role.function : role => iam.arn }
}

output "caller_policy_json" {
  description = "Policy that lets a principal of this account call the URL (url_auth = AWS_IAM)."
  value       = data.aws_iam_policy_document.caller.json
}

output "queue_url" {
  description = "Where to send line protocol; null without a queue."
  value       = one(aws_sqs_queue.ingest[*].url)
}

output "dead_letter_queue_url" {
  description = "Where events are that failed for good."
  value       = aws_sqs_queue.dead.url
}

output "import_location" {
  description = "Where to put files for import; null without imports."
  value       = local.imports ? "s3://${var.bucket_name}/${var.import_prefix}/<database>/<table>/" : null
}
