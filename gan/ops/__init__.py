"""Parameter-free maths on NHWC images; each fast form has a plain twin in its test."""
