namespace DctNet.Cli;

/// <summary>What a command says to the shell. Each command's help lists its own.</summary>
internal static class ExitCode
{
    /// <summary>All done; or verified; or found.</summary>
    public const int Done = 0;

    /// <summary>Some inputs failed; or nothing was found.</summary>
    public const int SomeFailed = 1;

    /// <summary>The command line is wrong; in commands that examine, every error.</summary>
    public const int Usage = 2;

    /// <summary>The service cannot be reached or cannot start.</summary>
    public const int ServerFailure = 3;

    /// <summary><c>verify</c>: the file only claims.</summary>
    public const int ClaimedOnly = 3;

    /// <summary>Interrupted: 128 + SIGINT, as shells count.</summary>
    public const int Interrupted = 130;
}
