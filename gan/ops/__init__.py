"""Parameter-free maths on NHWC images; tests compare each fast form with a plain implementation."""
