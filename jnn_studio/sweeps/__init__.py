"""Many runs that differ in what a person varies, trained as one: on several processes, to be stopped and
resumed at any moment."""
