"""The pages of ballots: for respondents, the office, reviewers and the public."""
