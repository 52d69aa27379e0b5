package portal

import (
	"errors"
	"io"
	"mime/multipart"
	"net/http"

	"dobosh/internal/kit/problem"
)

// Upload finds the one file of a form.
func (v *Visit) Upload(name string) (*multipart.Part, error) {
	reader, err := v.R.MultipartReader()
	if err != nil {
		return nil, problem.New(problem.Invalid, "form-unreadable").Because(err)
	}
	for {
		part, err := reader.NextPart()
		switch {
		case errors.Is(err, io.EOF):
			return nil, problem.New(problem.Invalid, "file-missing")
		case err != nil:
			return nil, Unreadable(err)
		case part.FormName() == name && part.FileName() == "":
			return nil, problem.New(problem.Invalid, "file-missing")
		case part.FormName() == name:
			return part, nil
		}
	}
}

// UnreadableFile is the problem of a file that cannot be read to its end.
func UnreadableFile(err error) error {
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		return problem.New(problem.TooLarge, "file-too-large").Because(err)
	}
	return problem.New(problem.Invalid, "file-unreadable").Because(err)
}
