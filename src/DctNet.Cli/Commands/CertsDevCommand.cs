using System.CommandLine;
using DctNet.C2pa.Signing;

namespace DctNet.Cli.Commands;

/// <summary><c>dctnet certs dev</c>.</summary>
internal static class CertsDevCommand
{
    private const string Notes = $"""
        Writes, and never overwrites:
          {DevelopmentCertificates.RootFile}    what Verify and other readers must trust (DctNet:C2pa:TrustFile)
          {DevelopmentCertificates.ChainFile}   the signer's certificate and the intermediate (DctNet:C2pa:CertificateFile)
          {DevelopmentCertificates.KeyFile}     the signer's key, readable by its owner alone (DctNet:C2pa:PrivateKeyFile)
        The keys of root and intermediate are not kept: nothing else can be signed under that root.

        Exit codes:
          0    written
          2    the command line is wrong
          3    the files are there already, or cannot be written
        """;

    public static Command Create()
    {
        var output = CommonOptions.OutputDirectory();
        var organization = new Option<string>("--organization")
        {
            Description = "Organisation in the certificates, which readers show as the signer",
            DefaultValueFactory = _ => "DctNet.Grpc",
        };
        var algorithm = new Option<string>("--algorithm") { Description = "Kind of the signer's key", DefaultValueFactory = _ => "es256" };
        algorithm.AcceptOnlyFromAmong("es256", "es384", "ps256");
        var command = new NotedCommand("dev", "Makes a root, an intermediate and a signer's certificate for development") { Notes = Notes };
        foreach (var option in new Option[] { output, organization, algorithm })
        {
            command.Options.Add(option);
        }

        command.SetAction((parsed, cancellation) => Guard.RunAsync(
            parsed,
            ExitCode.ServerFailure,
            async () =>
            {
                var now = DateTimeOffset.UtcNow;
                var made = DevelopmentCertificates.Create(
                    parsed.GetRequiredValue(organization),
                    now,
                    now.AddDays(DevelopmentCertificates.ValidityDays),
                    Enum.Parse<SigningAlgorithm>(parsed.GetRequiredValue(algorithm), ignoreCase: true));
                var directory = parsed.GetRequiredValue(output);
                made.WriteTo(directory);
                await parsed.InvocationConfiguration.Output.WriteLineAsync(
                    $"{directory}: {DevelopmentCertificates.RootFile}, {DevelopmentCertificates.ChainFile}, {DevelopmentCertificates.KeyFile}; for development only");
                return ExitCode.Done;
            },
            cancellation));
        return command;
    }
}
