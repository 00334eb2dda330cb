using DctNet.C2pa.Signing;

namespace DctNet.Cli.Tests.Commands;

public sealed class CertsCommandTests : IDisposable
{
    private readonly TemporaryDirectory _files = new();

    public void Dispose() => _files.Dispose();

    [Theory]
    [InlineData("es256", SigningAlgorithm.Es256)]
    [InlineData("ps256", SigningAlgorithm.Ps256)]
    public async Task Development_certificates_are_made_once_and_their_key_is_the_owners_alone(string name, SigningAlgorithm algorithm)
    {
        var made = await Dctnet.RunAsync("certs", "dev", "-o", _files["certs"], "--organization", "Ana", "--algorithm", name);

        Assert.Equal((0, ""), (made.ExitCode, made.Error));
        Assert.Contains("development", made.Output, StringComparison.Ordinal);
        Assert.Equal(["chain.pem", "key.pem", "root.pem"], Directory.GetFiles(_files["certs"]).Select(Path.GetFileName).Order());
        using var signer = KeySigner.FromPemFiles(_files["certs/chain.pem"], _files["certs/key.pem"]);
        Assert.Equal((algorithm, 2), (signer.Algorithm, signer.Certificates.Count));
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(_files["certs/key.pem"]));
        }

        var again = await Dctnet.RunAsync("certs", "dev", "-o", _files["certs"]);

        Assert.Equal(3, again.ExitCode);
        Assert.NotEqual("", again.Error);
    }
}
