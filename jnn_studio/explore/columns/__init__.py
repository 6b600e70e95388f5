"""The models in view: opened, handed over, referred to, put in an order, told apart."""
