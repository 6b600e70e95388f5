"""Ways to ‖J‖_F² of one factor, all behind `Estimator`."""
