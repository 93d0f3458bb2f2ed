# HTTPS without a gateway.

resource "aws_lambda_function_url" "api" {
  count              = var.url_auth == "off" ? 0 : 1
  function_name      = aws_lambda_function.this["api"].function_name
  authorization_type = var.url_auth
  invoke_mode        = var.url_streaming ? "RESPONSE_STREAM" : "BUFFERED"
}

# What a caller in this account attaches to its own role. Since October 2025 a URL asks for both actions. With NONE the
# provider grants them to everyone itself: use one recent enough (6.x) to know of the second.
data "aws_iam_policy_document" "caller" {
  statement {
    sid       = "CallUrl"
    actions   = ["lambda:InvokeFunctionUrl"]
    resources = [aws_lambda_function.this["api"].arn]
  }

  statement {
    sid       = "InvokeThroughUrlOnly"
    actions   = ["lambda:InvokeFunction"]
    resources = [aws_lambda_function.this["api"].arn]

    condition {
      test     = "Bool"
      variable = "lambda:InvokedViaFunctionUrl"
      values   = ["true"]
    }
  }
}
