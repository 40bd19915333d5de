"""The editable values of models and routes: the lists, their rules, their forms."""
