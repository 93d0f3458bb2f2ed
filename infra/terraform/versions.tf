terraform {
  required_version = ">= 1.7" # OpenTofu and Terraform alike; 1.7 brought mocked providers for `test`.

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.100, < 7.0"
    }
  }
}
