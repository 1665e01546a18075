import pytest
from lab import Lab


@pytest.fixture(scope="session")
def lab(tmp_path_factory):
    laboratory = Lab(tmp_path_factory.mktemp("lab"))
    yield laboratory
    laboratory.close()
