// SpectralAudio
